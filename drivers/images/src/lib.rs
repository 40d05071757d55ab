//! Images on disk: blobs by digest, and layers unpacked from them.
//!
//! ```text
//! <data root>/blobs/sha256/<hex>     complete, verified blobs
//!             ingest/<hex>           partial downloads, resumed by whoever comes next
//!             layers/<chain hex>/    layer.json and diff/, the layer's files
//!             tmp/                   what is being made; emptied at start
//!             trash/images/          what is being deleted
//! ```
//!
//! A name below `blobs` or `layers` appears by one rename when everything behind it is complete and
//! on disk. Which of them are in use only the engine knows; it tells [`ContentStore::collect`].
//!
//! [`ContentStore::collect`]: palan_contracts::ContentStore::collect

mod blobs;
mod collect;
mod compression;
mod error;
mod import;
mod layers;
mod layout;
mod limits;
mod load;
mod locks;
mod pipeline;
mod store;
mod tar;
mod unpack;
mod writer;

pub use error::ImagesError;
pub use limits::Limits;
pub use store::ImageStore;
pub use tar::TarError;
