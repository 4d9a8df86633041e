// One voter of a hashicorp/raft quorum on raft-wal (fsync) and TCP, for the quorum benchmark. The one that leads proposes
// from inside, with 1, 64 and 1,000 proposals in flight, and prints one JSON object for each.
package main

import (
	"encoding/json"
	"flag"
	"io"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	wal "github.com/hashicorp/raft-wal"
)

// counter is a state machine that only counts, as the one it is compared with does.
type counter struct{ applied uint64 }

func (c *counter) Apply(*raft.Log) any {
	c.applied++
	return nil
}
func (c *counter) Snapshot() (raft.FSMSnapshot, error) { return nothing{}, nil }
func (c *counter) Restore(io.ReadCloser) error         { return nil }

type nothing struct{}

func (nothing) Persist(sink raft.SnapshotSink) error { return sink.Close() }
func (nothing) Release()                             {}

type result struct {
	InFlight         int     `json:"inFlight"`
	CommitsPerSecond float64 `json:"commitsPerSecond"`
	P50Ms            float64 `json:"p50Ms"`
	P99Ms            float64 `json:"p99Ms"`
}

func main() {
	index := flag.Int("index", 0, "which of the addresses is this voter's")
	directory := flag.String("directory", "", "where it keeps its log")
	addresses := flag.String("addresses", "", "of all voters, separated by commas")
	seconds := flag.Float64("seconds", 1, "for each load")
	warmup := flag.Float64("warm-up", 1, "seconds of each load that are not counted")
	valueBytes := flag.Int("value-bytes", 256, "size of a proposal")
	flag.Parse()
	voters := strings.Split(*addresses, ",")

	node := open(*index, *directory, voters)
	if *index == 0 {
		node.BootstrapCluster(configuration(voters))
	}
	for node.State() != raft.Leader {
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(500 * time.Millisecond)
	value := make([]byte, *valueBytes)
	output := json.NewEncoder(os.Stdout)
	for _, inFlight := range []int{1, 64, 1000} {
		output.Encode(load(node, value, inFlight, asDuration(*warmup), asDuration(*seconds)))
	}
	io.Copy(io.Discard, os.Stdin)
}

func open(index int, directory string, voters []string) *raft.Raft {
	config := raft.DefaultConfig()
	config.LocalID = raft.ServerID(strconv.Itoa(index))
	config.Logger = hclog.NewNullLogger()
	config.MaxAppendEntries = 1024
	check(os.MkdirAll(directory, 0o755))
	store, err := wal.Open(directory)
	check(err)
	transport, err := raft.NewTCPTransport(voters[index], nil, 3, 10*time.Second, io.Discard)
	check(err)
	node, err := raft.NewRaft(config, &counter{}, store, store, raft.NewInmemSnapshotStore(), transport)
	check(err)
	return node
}

func configuration(voters []string) raft.Configuration {
	var servers []raft.Server
	for index, address := range voters {
		server := raft.Server{ID: raft.ServerID(strconv.Itoa(index)), Address: raft.ServerAddress(address)}
		servers = append(servers, server)
	}
	return raft.Configuration{Servers: servers}
}

func load(node *raft.Raft, value []byte, inFlight int, warmup, duration time.Duration) result {
	latencies := make([][]float64, inFlight)
	begin := time.Now().Add(warmup)
	var callers sync.WaitGroup
	for caller := range inFlight {
		callers.Go(func() {
			for time.Since(begin) < duration {
				proposed := time.Now()
				check(node.Apply(value, 0).Error())
				if proposed.After(begin) {
					latencies[caller] = append(latencies[caller], float64(time.Since(proposed).Microseconds())/1000)
				}
			}
		})
	}
	callers.Wait()
	elapsed := time.Since(begin).Seconds()
	all := slices.Concat(latencies...)
	slices.Sort(all)
	return result{inFlight, float64(len(all)) / elapsed, all[len(all)/2], all[len(all)*99/100]}
}

func asDuration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
