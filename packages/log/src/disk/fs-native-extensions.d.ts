declare module 'fs-native-extensions' {
  /** Locks the whole file behind `fd` for this open file alone; `false` if another open file holds it. */
  export function tryLock(fd: number): boolean
}
