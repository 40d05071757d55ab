//! Reads the maps of sparse files, wherever each format has them.

use std::io::BufRead;

use super::header::Header;
use super::pax::Records;
use super::sparse::{BlockMap, SparseMap, TextMap, from_records};
use super::{BLOCK, MAX_METADATA, Reader, TarError};

impl<R: BufRead> Reader<R> {
    /// The map of a sparse file of any format, checked against the data that is left.
    pub(super) fn sparse_map(
        &mut self,
        header: &Header,
        records: &Records,
    ) -> Result<Option<SparseMap>, TarError> {
        let position = header.position();
        let sparse = &records.sparse;
        let map = if header.kind() == b'S' {
            self.block_map(header)?
        } else if (sparse.major, sparse.minor) == (Some(1), Some(0)) {
            let size = sparse.real_size.ok_or(TarError::Sparse(position))?;
            self.text_map(size, position)?
        } else if sparse.real_size.is_some() || !sparse.map.is_empty() {
            from_records(sparse, position)?
        } else {
            return Ok(None);
        };
        map.checked(self.data, position).map(Some)
    }

    /// The blocks of an old GNU map are not part of the data.
    fn block_map(&mut self, header: &Header) -> Result<SparseMap, TarError> {
        let (mut map, mut more) = BlockMap::new(header)?;
        while more {
            let block = self.block()?;
            more = map.add(&block)?;
        }
        Ok(map.finish())
    }

    fn text_map(&mut self, size: u64, position: u64) -> Result<SparseMap, TarError> {
        let invalid = || TarError::Sparse(position);
        let mut map = TextMap::new();
        let mut read = 0;
        loop {
            read += BLOCK as u64;
            let left = self.data.checked_sub(BLOCK as u64).ok_or_else(invalid)?;
            if read > MAX_METADATA {
                return Err(invalid());
            }
            let block = self.block()?;
            self.data = left;
            if map.add(&block).ok_or_else(invalid)? {
                return Ok(map.finish(size));
            }
        }
    }
}
