//! Images: answers of `/images/..`.

mod config;
mod delete;
mod history;
mod inspect;
mod summary;

pub use config::{ImageConfig, OciImageConfig};
pub use delete::{ImageDeleteItem, ImagePruneResponse};
pub use history::ImageHistoryItem;
pub use inspect::{ImageInspect, ImageMetadata, RootFs};
pub use summary::ImageSummary;
