// Command etcd is one etcd member for the yardstick: embedded, alone, on
// loopback, with its defaults, every transaction flushed before its answer.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"go.etcd.io/etcd/server/v3/embed"
)

func main() {
	dir := flag.String("dir", "", "directory for the data")
	client := flag.String("client", "http://127.0.0.1:0", "URL to listen on for clients")
	peer := flag.String("peer", "http://127.0.0.1:0", "URL to listen on for peers")
	flag.Parse()
	c := embed.NewConfig()
	c.Dir = *dir
	c.LogLevel = "error"
	c.QuotaBackendBytes = 8 << 30
	c.ListenClientUrls, c.AdvertiseClientUrls = urls(*client), urls(*client)
	c.ListenPeerUrls, c.AdvertisePeerUrls = urls(*peer), urls(*peer)
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	e, err := embed.StartEtcd(c)
	if err != nil {
		log.Fatal(err)
	}
	<-e.Server.ReadyNotify()
	fmt.Println("ready")
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	<-stop
	e.Close()
}

func urls(text string) []url.URL {
	u, err := url.Parse(text)
	if err != nil {
		log.Fatal(err)
	}
	return []url.URL{*u}
}
