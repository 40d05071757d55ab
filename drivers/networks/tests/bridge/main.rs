//! The bridge driver on a real kernel, in network namespaces of its own: one plays the host, one a
//! machine outside. Needs root; the real host's interfaces and rules are not touched.
//!
//! `nft` and `ip` serve as independent observers here; the driver itself executes nothing.

mod conflicts;
mod crash;
mod load;
mod published;
mod routing;
mod rules;
mod world;
