// The two sides of an etcd cluster for the quorum benchmark: a member with its files synced, and a client in a process of
// its own that keeps 1, 64 and 1,000 puts in flight and prints one JSON object for each.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
)

// callersPerConnection keeps one HTTP/2 connection from being what is measured.
const callersPerConnection = 10

type result struct {
	InFlight         int     `json:"inFlight"`
	CommitsPerSecond float64 `json:"commitsPerSecond"`
	P50Ms            float64 `json:"p50Ms"`
	P99Ms            float64 `json:"p99Ms"`
}

func main() {
	index := flag.Int("index", -1, "which of the members this is; without it, this is the client")
	directory := flag.String("directory", "", "where a member keeps its files")
	clients := flag.String("clients", "", "where the members listen for clients, separated by commas")
	peers := flag.String("peers", "", "where they listen for each other, separated by commas")
	seconds := flag.Float64("seconds", 1, "for each load")
	warmup := flag.Float64("warm-up", 1, "seconds of each load that are not counted")
	valueBytes := flag.Int("value-bytes", 256, "size of a put")
	flag.Parse()
	if *index >= 0 {
		serve(*index, *directory, strings.Split(*clients, ","), strings.Split(*peers, ","))
		return
	}
	value := strings.Repeat("v", *valueBytes)
	output := json.NewEncoder(os.Stdout)
	for _, inFlight := range []int{1, 64, 1000} {
		output.Encode(load(strings.Split(*clients, ","), value, inFlight, asDuration(*warmup), asDuration(*seconds)))
	}
}

func serve(index int, directory string, clients, peers []string) {
	config := embed.NewConfig()
	config.Name = name(index)
	config.Dir = directory
	config.LogLevel = "error"
	config.ListenClientUrls, config.AdvertiseClientUrls = urls(clients[index]), urls(clients[index])
	config.ListenPeerUrls, config.AdvertisePeerUrls = urls(peers[index]), urls(peers[index])
	var members []string
	for member, address := range peers {
		members = append(members, name(member)+"=http://"+address)
	}
	config.InitialCluster = strings.Join(members, ",")
	member, err := embed.StartEtcd(config)
	check(err)
	<-member.Server.ReadyNotify()
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}

func load(members []string, value string, inFlight int, warmup, duration time.Duration) result {
	connections := make([]*clientv3.Client, (inFlight+callersPerConnection-1)/callersPerConnection)
	for index := range connections {
		client, err := clientv3.New(clientv3.Config{Endpoints: members, DialTimeout: 5 * time.Second})
		check(err)
		defer client.Close()
		connections[index] = client
	}
	latencies := make([][]float64, inFlight)
	begin := time.Now().Add(warmup)
	var callers sync.WaitGroup
	for caller := range inFlight {
		callers.Go(func() {
			client := connections[caller%len(connections)]
			for time.Since(begin) < duration {
				called := time.Now()
				_, err := client.Put(context.Background(), fmt.Sprintf("key-%d", caller), value)
				check(err)
				if called.After(begin) {
					latencies[caller] = append(latencies[caller], float64(time.Since(called).Microseconds())/1000)
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

func name(index int) string {
	return fmt.Sprintf("member-%d", index)
}

func urls(address string) []url.URL {
	return []url.URL{{Scheme: "http", Host: address}}
}

func asDuration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
