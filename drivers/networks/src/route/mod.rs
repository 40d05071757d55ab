//! The host's and the sandboxes' interfaces, addresses and routes (`rtnetlink(7)`): the small part
//! that container networks need.

mod address;
mod forwarding;
mod link;

pub use address::{add_address, add_default_route, addresses, routes};
pub use forwarding::pin_to_port;
pub use link::{
    Link, Veth, create_bridge, create_veth, delete_link, find_link, links, reflect, set_master,
    set_up,
};

#[cfg(test)]
mod tests;
