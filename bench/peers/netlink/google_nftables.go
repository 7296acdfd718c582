// google/nftables on the same work: a set of COUNT IPv4 addresses, or COUNT chains of five rules behind a verdict map.
// Version 0.1.0 leaves the send buffer at the system's 208 KiB and lets nobody set it (nor the receive buffer, which holds the acknowledgement of each message), so the work goes in many small transactions
// where the others use one; that spares it the largest buffers.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build google_nftables.go     (Debian: golang-go golang-github-google-nftables-dev)
//	google_nftables set|chains COUNT
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func address(i uint32) []byte { return binary.BigEndian.AppendUint32(nil, 0x0a000000+i) }

func loadSet(c *nftables.Conn, table *nftables.Table, count uint32) {
	const chunk = 1500 // one list holds 64 KiB and is not split
	set := &nftables.Set{Table: table, Name: "s4", KeyType: nftables.TypeIPAddr}
	check(c.AddSet(set, nil))
	elements := make([]nftables.SetElement, 0, chunk)
	for i := uint32(0); i < count; i++ {
		elements = append(elements, nftables.SetElement{Key: address(i)})
		if len(elements) == chunk || i == count-1 {
			check(c.SetAddElements(set, elements))
			check(c.Flush())
			elements = elements[:0]
		}
	}
}

func transport(protocol byte, port uint16) []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{protocol}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: binaryutil.BigEndian.PutUint16(port)},
	}
}

func source(rest ...expr.Any) []expr.Any {
	return append([]expr.Any{
		&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{2}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: 12, Len: 4},
	}, rest...)
}

func loadChains(c *nftables.Conn, table *nftables.Table, count uint32) {
	pods := &nftables.Set{Table: table, Name: "pods", KeyType: nftables.TypeIPAddr}
	check(c.AddSet(pods, []nftables.SetElement{{Key: []byte{10, 9, 9, 9}}}))
	dispatch := &nftables.Set{Table: table, Name: "disp", KeyType: nftables.TypeIFName, DataType: nftables.TypeVerdict, IsMap: true}
	check(c.AddSet(dispatch, nil))
	accept, drop := &expr.Verdict{Kind: expr.VerdictAccept}, &expr.Verdict{Kind: expr.VerdictDrop}
	var elements []nftables.SetElement
	for i := uint32(1); i <= count; i++ {
		chain := c.AddChain(&nftables.Chain{Name: fmt.Sprintf("c%05d", i), Table: table})
		rule := func(exprs ...expr.Any) { c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: exprs}) }
		rule(&expr.Ct{Key: expr.CtKeySTATE, Register: 1},
			&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 4, Mask: binaryutil.NativeEndian.PutUint32(6), Xor: make([]byte, 4)},
			&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: make([]byte, 4)}, accept)
		rule(append(append(source(&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: address(i)}), transport(6, 80)...), accept)...)
		rule(append(append(source(&expr.Lookup{SourceRegister: 1, SetName: "pods"}), transport(6, 443)...), &expr.Counter{}, accept)...)
		rule(append(transport(17, 53), accept)...)
		c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{&expr.Counter{}, drop}, UserData: []byte(fmt.Sprintf("end of policy %d", i))})
		name := make([]byte, 16)
		copy(name, fmt.Sprintf("cali%05d", i))
		elements = append(elements, nftables.SetElement{Key: name, VerdictData: &expr.Verdict{Kind: expr.VerdictJump, Chain: chain.Name}})
		if len(elements) == 20 || i == count {
			check(c.SetAddElements(dispatch, elements))
			check(c.Flush())
			elements = elements[:0]
		}
	}
	forward := c.AddChain(&nftables.Chain{Name: "forward", Table: table, Type: nftables.ChainTypeFilter, Hooknum: nftables.ChainHookForward, Priority: nftables.ChainPriorityFilter})
	c.AddRule(&nftables.Rule{Table: table, Chain: forward, Exprs: []expr.Any{
		&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: 1},
		&expr.Lookup{SourceRegister: 1, DestRegister: 0, IsDestRegSet: true, SetName: "disp"},
	}})
}

func main() {
	if len(os.Args) != 3 || (os.Args[1] != "set" && os.Args[1] != "chains") {
		fmt.Fprintln(os.Stderr, "usage: google_nftables set|chains COUNT")
		os.Exit(2)
	}
	count, err := strconv.ParseUint(os.Args[2], 10, 32)
	check(err)
	c, err := nftables.New()
	check(err)
	table := &nftables.Table{Family: nftables.TableFamilyINet, Name: "nlb"}
	c.AddTable(table)
	c.DelTable(table)
	check(c.Flush())
	start := time.Now()
	c.AddTable(table)
	if os.Args[1] == "set" {
		loadSet(c, table, uint32(count))
	} else {
		loadChains(c, table, uint32(count))
	}
	check(c.Flush())
	fmt.Printf("{\"op\":\"google-load-%s\",\"n\":%d,\"seconds\":%.6f}\n", os.Args[1], count, time.Since(start).Seconds())
}
