//! Giving memory back while a process has nothing to do.

use std::ffi::{c_int, c_void};
use std::io;

/// Unmaps the pages of this program's code and constants, and trims the heap. The pages stay in the
/// page cache; what is needed again is mapped again, sixteen pages at a time, as at the first touch.
///
/// For a static program that sleeps most of its life: its resident memory falls to what it wrote.
///
/// # Errors
/// The kernel's (`madvise(2)`); the first one.
pub fn release() -> io::Result<()> {
    // SAFETY: it takes an integer and only works on free memory of the allocator.
    unsafe { libc::malloc_trim(0) };
    let mut failed: c_int = 0;
    // SAFETY: `release_object` matches the type of the callback and gets a pointer to `failed`, which
    // outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(release_object), (&raw mut failed).cast()) };
    match failed {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}

/// Called for the program first; stops there.
unsafe extern "C" fn release_object(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    failed: *mut c_void,
) -> c_int {
    // SAFETY: the C library passes a valid description with `dlpi_phnum` headers, which nobody changes.
    let (base, headers) = unsafe {
        let info = &*info;
        let count = usize::from(info.dlpi_phnum);
        (
            info.dlpi_addr,
            std::slice::from_raw_parts(info.dlpi_phdr, count),
        )
    };
    let page = rustix::param::page_size();
    for header in headers {
        if header.p_type != libc::PT_LOAD || header.p_flags & libc::PF_W != 0 {
            continue;
        }
        let address = |offset: u64| usize::try_from(base + offset).expect("an address fits");
        let start = address(header.p_vaddr) / page * page;
        let end = address(header.p_vaddr + header.p_memsz).next_multiple_of(page);
        // SAFETY: the range is a private mapping of the program's file that cannot be written, so every
        // page of it is clean and reads the same when it is mapped again, this code included.
        let result =
            unsafe { libc::madvise(start as *mut c_void, end - start, libc::MADV_DONTNEED) };
        if result == -1 {
            let errno = io::Error::last_os_error()
                .raw_os_error()
                .unwrap_or(libc::EINVAL);
            // SAFETY: `release` passes a pointer to its own variable.
            unsafe { *failed.cast::<c_int>() = errno };
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resident_file_pages() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssFile:"))
            .unwrap();
        line.trim_end_matches(" kB").trim().parse().unwrap()
    }

    #[test]
    fn code_leaves_memory_and_comes_back() {
        let before = resident_file_pages();
        release().unwrap();
        // The constant and the code are read from the file again.
        assert_eq!("still here".len(), 10);
        assert!(resident_file_pages() < before, "{before} KiB before");
    }
}
