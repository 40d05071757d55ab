use proptest::prelude::*;

use super::*;

fn prefix(text: &str) -> InterfacePrefix {
    text.parse().expect("prefix")
}

proptest! {
    #[test]
    fn an_engine_owns_its_interfaces_and_no_other_engines(
        mine in "[a-z0-9]{1,6}",
        others in "[a-z0-9]{1,6}",
    ) {
        let name = prefix(&mine).host_interface(&EndpointId::random());
        prop_assert_eq!(name.len(), MAX_NAME);
        prop_assert!(prefix(&mine).owns(&name));
        prop_assert_eq!(prefix(&others).owns(&name), mine == others);
    }

    #[test]
    fn mac_addresses_are_read_as_written(mut bytes in prop::array::uniform6(any::<u8>())) {
        bytes[0] &= !1;
        let mac = MacAddress(bytes);
        prop_assert_eq!(mac.to_string().parse(), Ok(mac));
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text in ".{0,20}") {
        let _ = (text.parse::<MacAddress>(), text.parse::<InterfacePrefix>());
        let _ = prefix("pln").owns(&text);
    }
}

#[test]
fn the_default_address_is_dockers() {
    let mac = MacAddress::from_ipv4(Ipv4Addr::new(172, 17, 0, 2));
    assert_eq!(mac.to_string(), "02:42:ac:11:00:02");
}

#[test]
fn what_is_no_mac_address_is_refused() {
    for text in [
        "",
        "02:42:ac:11:00",
        "02:42:ac:11:00:02:03",
        "2:42:ac:11:0:2",
        "+2:42:ac:11:00:02",
        "02:42:ac:11:00:0g",
        "01:00:5e:00:00:01",
    ] {
        assert!(text.parse::<MacAddress>().is_err(), "{text:?}");
    }
}

#[test]
fn what_is_no_prefix_is_refused() {
    for text in ["", "toolong", "a-b", "Pln", "a b", "é"] {
        assert!(text.parse::<InterfacePrefix>().is_err(), "{text:?}");
    }
}
