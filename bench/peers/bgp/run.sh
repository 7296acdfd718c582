#!/bin/sh
# BIRD and this package's route server side by side: table through, table to a late joiner, table withdrawn. Needs root, iproute2, bird2.
# usage: bench/peers/bgp/run.sh [--prefixes N] [--senders S] [--receivers R] [--runs K]
set -e
cd "$(dirname "$0")/../../.."
dotnet build samples/Calico.RouteServer -c Release -v q --nologo
dotnet build bench/Calico.Bgp.PeerBench -c Release -v q --nologo
exec dotnet artifacts/bin/Calico.Bgp.PeerBench/release/Calico.Bgp.PeerBench.dll \
    --route-server "$PWD/artifacts/bin/Calico.RouteServer/release/Calico.RouteServer.dll" "$@"
