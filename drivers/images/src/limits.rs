//! How much a foreign archive may ask for.

/// Bounds on one layer or archive. The defaults are far above what real images need.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Entries of a layer.
    pub entries: u64,
    /// Device nodes and named pipes of a layer.
    pub special_files: u64,
    /// Bytes of a layer, uncompressed; also of its largest sparse file.
    pub bytes: u64,
    /// Times a compressed stream may grow, once it has grown beyond `ratio_from`.
    pub ratio: u64,
    /// Uncompressed bytes below which any ratio is fine.
    pub ratio_from: u64,
    /// Bytes of all directory names of a layer, which are held in memory.
    pub directory_names: u64,
    /// Bytes of a manifest, index or configuration document.
    pub document: u64,
    /// Entries of an image archive: layers and documents.
    pub archive_entries: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 5_000_000,
            special_files: 20_000,
            bytes: 1 << 40,
            ratio: 1_100,
            ratio_from: 16 << 30,
            directory_names: 256 << 20,
            document: 4 << 20,
            archive_entries: 20_000,
        }
    }
}
