//! System call filters (`seccomp(2)`).

use std::io;

use crate::check;

/// One instruction of classic BPF: `struct sock_filter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Instruction {
    /// Operation.
    pub code: u16,
    /// Instructions to skip when the condition holds.
    pub jump_true: u8,
    /// Instructions to skip when it does not.
    pub jump_false: u8,
    /// Operand.
    pub operand: u32,
}

/// Most instructions that the kernel takes (`BPF_MAXINSNS`).
pub const MAX_INSTRUCTIONS: usize = 4096;

/// Reads a program from the bytes of an array of `struct sock_filter` of this machine.
///
/// # Errors
/// `InvalidData` when it is empty, too long or not a whole number of instructions.
pub fn from_bytes(bytes: &[u8]) -> io::Result<Vec<Instruction>> {
    let (instructions, rest) = bytes.as_chunks::<8>();
    if instructions.is_empty() || !rest.is_empty() || instructions.len() > MAX_INSTRUCTIONS {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let decode = |[a, b, jump_true, jump_false, d, e, f, g]: &[u8; 8]| Instruction {
        code: u16::from_ne_bytes([*a, *b]),
        jump_true: *jump_true,
        jump_false: *jump_false,
        operand: u32::from_ne_bytes([*d, *e, *f, *g]),
    };
    Ok(instructions.iter().map(decode).collect())
}

/// The bytes of the array of `struct sock_filter`.
#[must_use]
pub fn to_bytes(program: &[Instruction]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(program.len() * 8);
    for instruction in program {
        bytes.extend(instruction.code.to_ne_bytes());
        bytes.extend([instruction.jump_true, instruction.jump_false]);
        bytes.extend(instruction.operand.to_ne_bytes());
    }
    bytes
}

/// Puts the calling thread and what it will execute under a filter, for good. Speculation stays as
/// it is (`SECCOMP_FILTER_FLAG_SPEC_ALLOW`).
///
/// # Errors
/// `PermissionDenied` without either `CAP_SYS_ADMIN` or `no_new_privs`; `InvalidInput` when the
/// kernel's checker refuses the program.
pub fn load(program: &[Instruction]) -> io::Result<()> {
    let length = u16::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let filter = libc::sock_fprog {
        len: length,
        filter: program.as_ptr().cast_mut().cast(),
    };
    // SAFETY: `Instruction` has the layout of `struct sock_filter`; `filter` and the program that it
    // points to outlive the call, and the kernel only reads them.
    check(unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW,
            &raw const filter,
        )
    })?;
    Ok(())
}
