use super::*;

const ROUTE: &str = "\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
eth1\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
";

const TRIE: &str = "\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
Local:
  +-- 0.0.0.0/0 3 0 5
     +-- 127.0.0.0/8 2 0 2
           |-- 127.0.0.1
              /32 host LOCAL
        |-- 127.255.255.255
           /32 link BROADCAST
     |-- 172.17.0.2
        /32 host LOCAL
     |-- 172.18.0.9
        /32 host LOCAL
";

#[test]
#[cfg(target_endian = "little")]
fn addresses_belong_to_the_interface_of_their_subnet() {
    let routes = routes(ROUTE);
    assert_eq!(routes[0].gateway, Ipv4Addr::new(172, 17, 0, 1));
    let found = local_v4(TRIE);
    let owners: Vec<_> = found.iter().map(|a| interface_of(*a, &routes)).collect();
    assert_eq!(owners, [Some("lo"), Some("eth0"), Some("eth1")]);
}

#[test]
fn interfaces_and_ipv6_addresses_are_read() {
    let dev = "Inter-| x\n face |bytes\n    lo:  1 2\n  eth0: 3 4\n";
    assert_eq!(interfaces(dev), ["lo", "eth0"]);
    let table = "00000000000000000000000000000001 01 80 10 80       lo\n";
    assert_eq!(local_v6(table), [("lo".to_owned(), Ipv6Addr::LOCALHOST)]);
}
