//! The image store through its contracts, on real file systems: GNU tar, Python's tarfile, skopeo
//! and overlayfs itself are the judges. As root, for owners, devices and overlayfs.
#![allow(clippy::unwrap_used)]

mod archive;
mod blobs;
mod collect;
mod crash;
mod fixtures;
mod formats;
mod hostile;
mod image;
mod layers;
mod load;
mod mutations;
mod overlay;
mod tree;
