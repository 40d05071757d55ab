//! The table as `nft` reads it back: each rule must be one that it knows, word for word.

use super::world::*;

const EXPECTED: &str = r#"table inet palan {
	set bridges {
		type ifname
		elements = { "bridge0" }
	}

	map ports {
		type inet_proto . inet_service : ipv4_addr . inet_service
		elements = { tcp . 8080 : 172.17.0.2 . 80 }
	}

	map host_ports {
		type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service
		elements = { 127.0.0.1 . udp . 8081 : 172.17.0.2 . 81 }
	}

	map sources {
		type ipv4_addr : verdict
		flags interval
		elements = { 172.17.0.0/16 : goto from-bridge0 }
	}

	map destinations {
		type ifname : verdict
		elements = { "bridge0" : goto to-bridge0 }
	}

	chain publish {
		dnat ip to ip daddr . meta l4proto . th dport map @host_ports
		meta nfproto ipv4 fib daddr type local dnat ip to meta l4proto . th dport map @ports
	}

	chain loopback {
		type filter hook prerouting priority raw; policy accept;
		iifname @bridges ip daddr 127.0.0.0/8 drop
	}

	chain prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		jump publish
	}

	chain output {
		type nat hook output priority -100; policy accept;
		jump publish
	}

	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr vmap @sources
		ip saddr 127.0.0.0/8 oifname @bridges masquerade
	}

	chain forward {
		type filter hook forward priority filter; policy accept;
		oifname vmap @destinations
	}

	chain from-bridge0 {
		oifname != "bridge0" masquerade
		ct status dnat masquerade
	}

	chain to-bridge0 {
		ct state established,related accept
		ct status dnat accept
		iifname "bridge0" accept
		drop
	}
}
"#;

#[test]
fn nft_reads_what_was_meant() {
    in_new_host(|world| {
        world.start(&[publish("8080:80"), publish("127.0.0.1:8081:81/udp")]);
        assert_eq!(run("nft list ruleset"), EXPECTED);
    });
}
