import type { Campaign, CampaignOptions } from '../../log/campaign.ts'

class Found extends Error {}

/** Runs `campaign` until it finds a violation. @returns what it found; `undefined` if that is nothing */
export async function firstViolation(
  campaign: Campaign,
  options: Omit<CampaignOptions, 'report'>,
): Promise<string | undefined> {
  const report = (line: string): void => {
    throw new Found(line)
  }
  try {
    await campaign({ ...options, report })
    return undefined
  } catch (error) {
    if (error instanceof Found) return error.message
    throw error
  }
}
