// GoBGP's packet library on a file of whole UPDATEs: one line, nanoseconds for each message.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run gobgp.go FILE [ROUNDS]
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"time"

	"github.com/osrg/gobgp/pkg/packet/bgp"
)

func main() {
	runtime.GOMAXPROCS(1)
	file, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	rounds := 5
	if len(os.Args) > 2 {
		rounds, _ = strconv.Atoi(os.Args[2])
	}
	var messages [][]byte
	for at := 0; at+19 <= len(file); {
		length := int(binary.BigEndian.Uint16(file[at+16:]))
		messages = append(messages, file[at:at+length])
		at += length
	}
	var parse, write []float64
	for round := 0; round < rounds; round++ {
		parsed := make([]*bgp.BGPMessage, 0, len(messages))
		start := time.Now()
		for _, m := range messages {
			if p, err := bgp.ParseBGPMessage(m); err == nil {
				parsed = append(parsed, p)
			}
		}
		parse = append(parse, float64(time.Since(start).Nanoseconds())/float64(len(messages)))
		start = time.Now()
		for _, p := range parsed {
			if _, err := p.Serialize(); err != nil {
				panic(err)
			}
		}
		write = append(write, float64(time.Since(start).Nanoseconds())/float64(len(parsed)))
	}
	sort.Float64s(parse)
	sort.Float64s(write)
	fmt.Printf("gobgp %d messages, parse %.0f ns, serialize %.0f ns\n", len(messages), parse[rounds/2], write[rounds/2])
}
