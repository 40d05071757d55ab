//! Writes tar archives byte by byte, also wrong ones.

/// One member, with every field of its header.
#[derive(Clone, Debug)]
pub struct Member {
    pub path: Vec<u8>,
    pub link: Vec<u8>,
    pub kind: u8,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub mtime: u64,
    pub device: (u32, u32),
    pub data: Vec<u8>,
    /// The size in the header, when it is not that of the data.
    pub size: Option<u64>,
}

impl Member {
    pub fn new(kind: u8, path: impl AsRef<[u8]>) -> Self {
        Self {
            path: path.as_ref().to_vec(),
            link: Vec::new(),
            kind,
            mode: if kind == b'5' { 0o755 } else { 0o644 },
            uid: 0,
            gid: 0,
            mtime: 1_600_000_000,
            device: (0, 0),
            data: Vec::new(),
            size: None,
        }
    }

    pub fn header(&self) -> [u8; 512] {
        let mut block = [0; 512];
        let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &self.path[..self.path.len().min(100)]);
        put(100, format!("{:07o}\0", self.mode).as_bytes());
        put(108, format!("{:07o}\0", self.uid).as_bytes());
        put(116, format!("{:07o}\0", self.gid).as_bytes());
        let size = self.size.unwrap_or(self.data.len() as u64);
        put(124, format!("{size:011o}\0").as_bytes());
        put(136, format!("{:011o}\0", self.mtime).as_bytes());
        put(156, &[self.kind]);
        put(157, &self.link[..self.link.len().min(100)]);
        put(257, b"ustar\x0000");
        put(329, format!("{:07o}\0", self.device.0).as_bytes());
        put(337, format!("{:07o}\0", self.device.1).as_bytes());
        seal(&mut block);
        block
    }
}

/// Writes the checksum.
pub fn seal(block: &mut [u8; 512]) {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// An archive being written.
#[derive(Clone, Debug, Default)]
pub struct Archive(pub Vec<u8>);

impl Archive {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(mut self, member: &Member) -> Self {
        self.0.extend(member.header());
        self.0.extend(&member.data);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    pub fn file(self, path: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        let data = data.as_ref().to_vec();
        self.add(&Member {
            data,
            ..Member::new(b'0', path)
        })
    }

    pub fn directory(self, path: impl AsRef<[u8]>) -> Self {
        self.add(&Member::new(b'5', path))
    }

    pub fn symlink(self, path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        let link = target.as_ref().to_vec();
        self.add(&Member {
            link,
            ..Member::new(b'2', path)
        })
    }

    pub fn hard_link(self, path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        let link = target.as_ref().to_vec();
        self.add(&Member {
            link,
            ..Member::new(b'1', path)
        })
    }

    /// Extended header records for the next member.
    pub fn pax(self, records: &[(&str, &[u8])]) -> Self {
        self.extended(b'x', records)
    }

    pub fn extended(self, kind: u8, records: &[(&str, &[u8])]) -> Self {
        let data = records
            .iter()
            .flat_map(|(key, value)| record(key, value))
            .collect();
        self.add(&Member {
            data,
            ..Member::new(kind, "PaxHeaders/x")
        })
    }

    /// GNU's long name (`L`) or long link (`K`).
    pub fn gnu_long(self, kind: u8, text: &[u8]) -> Self {
        let data = [text, b"\0"].concat();
        self.add(&Member {
            data,
            ..Member::new(kind, "././@LongLink")
        })
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = 3 + key.len() + value.len();
    let mut length = rest;
    while format!("{length}").len() + rest != length {
        length = format!("{length}").len() + rest;
    }
    [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
}
