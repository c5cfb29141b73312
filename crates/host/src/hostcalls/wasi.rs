//! The rest of WASI: a system with stdout and stderr and nothing else.
//!
//! Modules import these because their libc or runtime mentions them, not because a plugin needs them.

use super::logging;
use crate::memory::{slice_mut, write_u32, write_u64};
use crate::vm::{Guest, HostFault, VmError};
use tollgate_abi::{Errno, Status};

/// stdout and stderr, the only descriptors there are.
fn is_open(fd: i32) -> bool {
    matches!(fd, 1 | 2)
}

fn on_open(fd: i32) -> Result<Errno, VmError> {
    Ok(if is_open(fd) { Errno::Success } else { Errno::Badf })
}

/// `errno`, or `FAULT` if what goes with it could not be written.
fn with(errno: Errno, written: Result<(), Status>) -> Result<Errno, VmError> {
    Ok(written.map_or(Errno::Fault, |()| errno))
}

/// `fd_pwrite`: as `fd_write`; the offset is ignored.
pub(crate) fn fd_pwrite<G: Guest>(
    guest: &mut G,
    fd: i32,
    iovs: i32,
    iovs_len: i32,
    _offset: i64,
    return_written_size: i32,
) -> Result<Errno, VmError> {
    logging::fd_write(guest, fd, iovs, iovs_len, return_written_size)
}

/// `fd_read`: `NOSYS`.
pub(crate) fn fd_read<G: Guest>(
    _guest: &mut G,
    _fd: i32,
    _iovs: i32,
    _iovs_len: i32,
    _return_read_size: i32,
) -> Result<Errno, VmError> {
    Ok(Errno::Nosys)
}

/// `fd_pread`: `NOSYS`.
pub(crate) fn fd_pread<G: Guest>(
    _guest: &mut G,
    _fd: i32,
    _iovs: i32,
    _iovs_len: i32,
    _offset: i64,
    _return_read_size: i32,
) -> Result<Errno, VmError> {
    Ok(Errno::Nosys)
}

/// `fd_seek`: nothing happens; `SUCCESS`.
pub(crate) fn fd_seek<G: Guest>(
    _guest: &mut G,
    _fd: i32,
    _offset: i64,
    _whence: i32,
    _return_offset: i32,
) -> Result<Errno, VmError> {
    Ok(Errno::Success)
}

/// `fd_tell`: 0 on stdout and stderr; others: `BADF`.
pub(crate) fn fd_tell<G: Guest>(guest: &mut G, fd: i32, return_offset: i32) -> Result<Errno, VmError> {
    if !is_open(fd) {
        return Ok(Errno::Badf);
    }
    with(Errno::Success, write_u64(guest.split().0, return_offset, 0))
}

/// `fd_close`: nothing happens; `SUCCESS`.
pub(crate) fn fd_close<G: Guest>(_guest: &mut G, _fd: i32) -> Result<Errno, VmError> {
    Ok(Errno::Success)
}

/// `fd_fdstat_get`: stdout and stderr may be written; others: `BADF`.
pub(crate) fn fd_fdstat_get<G: Guest>(guest: &mut G, fd: i32, return_fdstat: i32) -> Result<Errno, VmError> {
    if !is_open(fd) {
        return Ok(Errno::Badf);
    }
    // File type and flags unknown; the one right is to write (bit 6).
    let (memory, _) = guest.split();
    let stat = slice_mut(memory, return_fdstat, 24).map(|stat| {
        stat.fill(0);
        stat[8] = 1 << 6;
    });
    with(Errno::Success, stat)
}

/// `fd_fdstat_set_flags`: `NOSYS`.
pub(crate) fn fd_fdstat_set_flags<G: Guest>(_guest: &mut G, _fd: i32, _flags: i32) -> Result<Errno, VmError> {
    Ok(Errno::Nosys)
}

/// `fd_fdstat_set_rights`: stdout and stderr: `SUCCESS`; others: `BADF`.
pub(crate) fn fd_fdstat_set_rights<G: Guest>(
    _guest: &mut G,
    fd: i32,
    _rights_base: i64,
    _rights_inheriting: i64,
) -> Result<Errno, VmError> {
    on_open(fd)
}

/// `fd_filestat_get`: `BADF`.
pub(crate) fn fd_filestat_get<G: Guest>(_guest: &mut G, _fd: i32, _return_filestat: i32) -> Result<Errno, VmError> {
    Ok(Errno::Badf)
}

/// `fd_filestat_set_size`: stdout and stderr: `SUCCESS`; others: `BADF`.
pub(crate) fn fd_filestat_set_size<G: Guest>(_guest: &mut G, fd: i32, _size: i64) -> Result<Errno, VmError> {
    on_open(fd)
}

/// `fd_filestat_set_times`: stdout and stderr: `SUCCESS`; others: `BADF`.
pub(crate) fn fd_filestat_set_times<G: Guest>(
    _guest: &mut G,
    fd: i32,
    _atim: i64,
    _mtim: i64,
    _flags: i32,
) -> Result<Errno, VmError> {
    on_open(fd)
}

/// `fd_advise`: `SUCCESS`.
pub(crate) fn fd_advise<G: Guest>(
    _guest: &mut G,
    _fd: i32,
    _offset: i64,
    _len: i64,
    _advice: i32,
) -> Result<Errno, VmError> {
    Ok(Errno::Success)
}

/// `fd_allocate`: stdout and stderr: `SUCCESS`; others: `BADF`.
pub(crate) fn fd_allocate<G: Guest>(_guest: &mut G, fd: i32, _offset: i64, _len: i64) -> Result<Errno, VmError> {
    on_open(fd)
}

/// `fd_datasync`: stdout and stderr: `SUCCESS`; others: `BADF`.
pub(crate) fn fd_datasync<G: Guest>(_guest: &mut G, fd: i32) -> Result<Errno, VmError> {
    on_open(fd)
}

/// `fd_sync`: stdout and stderr: `SUCCESS`; others: `BADF`.
pub(crate) fn fd_sync<G: Guest>(_guest: &mut G, fd: i32) -> Result<Errno, VmError> {
    on_open(fd)
}

/// `fd_prestat_get`: `BADF`, which ends a libc's search for directories.
pub(crate) fn fd_prestat_get<G: Guest>(_guest: &mut G, _fd: i32, _return_prestat: i32) -> Result<Errno, VmError> {
    Ok(Errno::Badf)
}

/// `fd_prestat_dir_name`: `NOSYS`.
pub(crate) fn fd_prestat_dir_name<G: Guest>(
    _guest: &mut G,
    _fd: i32,
    _path: i32,
    _path_len: i32,
) -> Result<Errno, VmError> {
    Ok(Errno::Nosys)
}

/// `fd_readdir`: writes 0; `EXIST`.
pub(crate) fn fd_readdir<G: Guest>(
    guest: &mut G,
    _fd: i32,
    _buffer: i32,
    _buffer_len: i32,
    _cookie: i64,
    return_size: i32,
) -> Result<Errno, VmError> {
    with(Errno::Exist, write_u32(guest.split().0, return_size, 0))
}

/// `fd_renumber`: stdout and stderr: `NOTSUP`; others: `BADF`.
pub(crate) fn fd_renumber<G: Guest>(_guest: &mut G, fd: i32, to: i32) -> Result<Errno, VmError> {
    Ok(if is_open(fd) && is_open(to) { Errno::Notsup } else { Errno::Badf })
}

/// `path_open`: `NOENT`.
#[expect(clippy::too_many_arguments, reason = "WASI decides how many there are")]
pub(crate) fn path_open<G: Guest>(
    _guest: &mut G,
    _fd: i32,
    _dirflags: i32,
    _path: i32,
    _path_len: i32,
    _oflags: i32,
    _rights_base: i64,
    _rights_inheriting: i64,
    _fdflags: i32,
    _return_fd: i32,
) -> Result<Errno, VmError> {
    Ok(Errno::Noent)
}

/// `path_filestat_get`: `NOTSUP`.
pub(crate) fn path_filestat_get<G: Guest>(
    _guest: &mut G,
    _fd: i32,
    _flags: i32,
    _path: i32,
    _path_len: i32,
    _return_filestat: i32,
) -> Result<Errno, VmError> {
    Ok(Errno::Notsup)
}

/// `path_filestat_set_times`: `NOTSUP`.
#[expect(clippy::too_many_arguments, reason = "WASI decides how many there are")]
pub(crate) fn path_filestat_set_times<G: Guest>(
    _guest: &mut G,
    _fd: i32,
    _flags: i32,
    _path: i32,
    _path_len: i32,
    _atim: i64,
    _mtim: i64,
    _fst_flags: i32,
) -> Result<Errno, VmError> {
    Ok(Errno::Notsup)
}

/// `path_create_directory`: `NOTSUP`.
pub(crate) fn path_create_directory<G: Guest>(
    _guest: &mut G,
    _fd: i32,
    _path: i32,
    _path_len: i32,
) -> Result<Errno, VmError> {
    Ok(Errno::Notsup)
}

/// `path_remove_directory`: `NOTSUP`.
pub(crate) fn path_remove_directory<G: Guest>(
    _guest: &mut G,
    _fd: i32,
    _path: i32,
    _path_len: i32,
) -> Result<Errno, VmError> {
    Ok(Errno::Notsup)
}

/// `path_unlink_file`: `NOTSUP`.
pub(crate) fn path_unlink_file<G: Guest>(
    _guest: &mut G,
    _fd: i32,
    _path: i32,
    _path_len: i32,
) -> Result<Errno, VmError> {
    Ok(Errno::Notsup)
}

/// `path_readlink`: writes 0; `NOTSUP`.
pub(crate) fn path_readlink<G: Guest>(
    guest: &mut G,
    _fd: i32,
    _path: i32,
    _path_len: i32,
    _buffer: i32,
    _buffer_len: i32,
    return_size: i32,
) -> Result<Errno, VmError> {
    with(Errno::Notsup, write_u32(guest.split().0, return_size, 0))
}

/// `path_rename`: `NOTSUP`.
pub(crate) fn path_rename<G: Guest>(
    _guest: &mut G,
    _fd: i32,
    _old_path: i32,
    _old_path_len: i32,
    _new_fd: i32,
    _new_path: i32,
    _new_path_len: i32,
) -> Result<Errno, VmError> {
    Ok(Errno::Notsup)
}

/// `path_link`: `NOTSUP`.
#[expect(clippy::too_many_arguments, reason = "WASI decides how many there are")]
pub(crate) fn path_link<G: Guest>(
    _guest: &mut G,
    _old_fd: i32,
    _old_flags: i32,
    _old_path: i32,
    _old_path_len: i32,
    _new_fd: i32,
    _new_path: i32,
    _new_path_len: i32,
) -> Result<Errno, VmError> {
    Ok(Errno::Notsup)
}

/// `path_symlink`: `NOTSUP`.
pub(crate) fn path_symlink<G: Guest>(
    _guest: &mut G,
    _old_path: i32,
    _old_path_len: i32,
    _fd: i32,
    _new_path: i32,
    _new_path_len: i32,
) -> Result<Errno, VmError> {
    Ok(Errno::Notsup)
}

/// `poll_oneoff`: writes 0 events and returns at once; the Go runtime needs that.
pub(crate) fn poll_oneoff<G: Guest>(
    guest: &mut G,
    _subscriptions: i32,
    _events: i32,
    _num_subscriptions: i32,
    return_num_events: i32,
) -> Result<Errno, VmError> {
    with(Errno::Success, write_u32(guest.split().0, return_num_events, 0))
}

/// `sched_yield`: `SUCCESS`.
pub(crate) fn sched_yield<G: Guest>(_guest: &mut G) -> Result<Errno, VmError> {
    Ok(Errno::Success)
}

/// `sock_accept`: writes 0; `NOTSUP`.
pub(crate) fn sock_accept<G: Guest>(guest: &mut G, _fd: i32, _flags: i32, return_fd: i32) -> Result<Errno, VmError> {
    with(Errno::Notsup, write_u32(guest.split().0, return_fd, 0))
}

/// `sock_recv`: writes 0 and 0; `NOTSUP`.
pub(crate) fn sock_recv<G: Guest>(
    guest: &mut G,
    _fd: i32,
    _iovs: i32,
    _iovs_len: i32,
    _flags: i32,
    return_size: i32,
    return_flags: i32,
) -> Result<Errno, VmError> {
    let (memory, _) = guest.split();
    let written =
        write_u32(memory, return_size, 0).and_then(|()| slice_mut(memory, return_flags, 2).map(|flags| flags.fill(0)));
    with(Errno::Notsup, written)
}

/// `sock_send`: writes 0; `NOTSUP`.
pub(crate) fn sock_send<G: Guest>(
    guest: &mut G,
    _fd: i32,
    _iovs: i32,
    _iovs_len: i32,
    _flags: i32,
    return_size: i32,
) -> Result<Errno, VmError> {
    with(Errno::Notsup, write_u32(guest.split().0, return_size, 0))
}

/// `sock_shutdown`: `NOTSUP`.
pub(crate) fn sock_shutdown<G: Guest>(_guest: &mut G, _fd: i32, _how: i32) -> Result<Errno, VmError> {
    Ok(Errno::Notsup)
}

/// `proc_exit`: ends the call. With code 0 while starting it is success, otherwise a trap.
pub(crate) fn proc_exit<G: Guest>(_guest: &mut G, exit_code: i32) -> Result<(), VmError> {
    Err(VmError::host(HostFault::Exit(exit_code)))
}
