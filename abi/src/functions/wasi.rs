//! The rest of WASI preview 1: there so that modules link, answering like a system with nothing but stdout and stderr.
//!
//! Specification heading: Unimplemented WASI functions.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! wasi_functions {
    ($each:ident) => {
        $each! {
            Wasi wasi
            /// As `fd_write`; the offset is ignored.
            WASI fn fd_pwrite(
                fd: i32,
                iovs: i32,
                iovs_len: i32,
                offset: i64,
                return_written_size: i32,
            ) -> i32, ALL, Start;
            /// `NOSYS`.
            WASI fn fd_read(fd: i32, iovs: i32, iovs_len: i32, return_read_size: i32) -> i32, ALL, Running;
            /// `NOSYS`.
            WASI fn fd_pread(fd: i32, iovs: i32, iovs_len: i32, offset: i64, return_read_size: i32) -> i32, ALL, Start;
            /// Nothing happens; `SUCCESS`.
            WASI fn fd_seek(fd: i32, offset: i64, whence: i32, return_offset: i32) -> i32, ALL, Running;
            /// 0 on stdout and stderr; others: `BADF`.
            WASI fn fd_tell(fd: i32, return_offset: i32) -> i32, ALL, Start;
            /// Nothing happens; `SUCCESS`.
            WASI fn fd_close(fd: i32) -> i32, ALL, Running;
            /// stdout and stderr may be written; others: `BADF`.
            WASI fn fd_fdstat_get(fd: i32, return_fdstat: i32) -> i32, ALL, Start;
            /// `NOSYS`.
            WASI fn fd_fdstat_set_flags(fd: i32, flags: i32) -> i32, ALL, Start;
            /// stdout and stderr: `SUCCESS`; others: `BADF`.
            WASI fn fd_fdstat_set_rights(fd: i32, rights_base: i64, rights_inheriting: i64) -> i32, ALL, Start;
            /// `BADF`.
            WASI fn fd_filestat_get(fd: i32, return_filestat: i32) -> i32, ALL, Start;
            /// stdout and stderr: `SUCCESS`; others: `BADF`.
            WASI fn fd_filestat_set_size(fd: i32, size: i64) -> i32, ALL, Start;
            /// stdout and stderr: `SUCCESS`; others: `BADF`.
            WASI fn fd_filestat_set_times(fd: i32, atim: i64, mtim: i64, flags: i32) -> i32, ALL, Start;
            /// `SUCCESS`.
            WASI fn fd_advise(fd: i32, offset: i64, len: i64, advice: i32) -> i32, ALL, Start;
            /// stdout and stderr: `SUCCESS`; others: `BADF`.
            WASI fn fd_allocate(fd: i32, offset: i64, len: i64) -> i32, ALL, Start;
            /// stdout and stderr: `SUCCESS`; others: `BADF`.
            WASI fn fd_datasync(fd: i32) -> i32, ALL, Start;
            /// stdout and stderr: `SUCCESS`; others: `BADF`.
            WASI fn fd_sync(fd: i32) -> i32, ALL, Start;
            /// `BADF`, which ends a libc's search for directories.
            WASI fn fd_prestat_get(fd: i32, return_prestat: i32) -> i32, ALL, Start;
            /// `NOSYS`.
            WASI fn fd_prestat_dir_name(fd: i32, path: i32, path_len: i32) -> i32, ALL, Start;
            /// Writes 0; `EXIST`.
            WASI fn fd_readdir(fd: i32, buffer: i32, buffer_len: i32, cookie: i64, return_size: i32) -> i32, ALL, Start;
            /// stdout and stderr: `NOTSUP`; others: `BADF`.
            WASI fn fd_renumber(fd: i32, to: i32) -> i32, ALL, Start;
            /// `NOENT`.
            WASI fn path_open(
                fd: i32,
                dirflags: i32,
                path: i32,
                path_len: i32,
                oflags: i32,
                rights_base: i64,
                rights_inheriting: i64,
                fdflags: i32,
                return_fd: i32,
            ) -> i32, ALL, Running;
            /// `NOTSUP`.
            WASI fn path_filestat_get(fd: i32, flags: i32, path: i32, path_len: i32, return_filestat: i32) -> i32, ALL, Start;
            /// `NOTSUP`.
            WASI fn path_filestat_set_times(
                fd: i32,
                flags: i32,
                path: i32,
                path_len: i32,
                atim: i64,
                mtim: i64,
                fst_flags: i32,
            ) -> i32, ALL, Start;
            /// `NOTSUP`.
            WASI fn path_create_directory(fd: i32, path: i32, path_len: i32) -> i32, ALL, Start;
            /// `NOTSUP`.
            WASI fn path_remove_directory(fd: i32, path: i32, path_len: i32) -> i32, ALL, Start;
            /// `NOTSUP`.
            WASI fn path_unlink_file(fd: i32, path: i32, path_len: i32) -> i32, ALL, Start;
            /// Writes 0; `NOTSUP`.
            WASI fn path_readlink(
                fd: i32,
                path: i32,
                path_len: i32,
                buffer: i32,
                buffer_len: i32,
                return_size: i32,
            ) -> i32, ALL, Start;
            /// `NOTSUP`.
            WASI fn path_rename(
                fd: i32,
                old_path: i32,
                old_path_len: i32,
                new_fd: i32,
                new_path: i32,
                new_path_len: i32,
            ) -> i32, ALL, Start;
            /// `NOTSUP`.
            WASI fn path_link(
                old_fd: i32,
                old_flags: i32,
                old_path: i32,
                old_path_len: i32,
                new_fd: i32,
                new_path: i32,
                new_path_len: i32,
            ) -> i32, ALL, Start;
            /// `NOTSUP`.
            WASI fn path_symlink(
                old_path: i32,
                old_path_len: i32,
                fd: i32,
                new_path: i32,
                new_path_len: i32,
            ) -> i32, ALL, Start;
            /// Writes 0 events and returns at once; the Go runtime needs that.
            WASI fn poll_oneoff(
                subscriptions: i32,
                events: i32,
                num_subscriptions: i32,
                return_num_events: i32,
            ) -> i32, ALL, Allocator;
            /// `SUCCESS`.
            WASI fn sched_yield() -> i32, ALL, Start;
            /// Writes 0; `NOTSUP`.
            WASI fn sock_accept(fd: i32, flags: i32, return_fd: i32) -> i32, ALL, Start;
            /// Writes 0 and 0; `NOTSUP`.
            WASI fn sock_recv(
                fd: i32,
                iovs: i32,
                iovs_len: i32,
                flags: i32,
                return_size: i32,
                return_flags: i32,
            ) -> i32, ALL, Start;
            /// Writes 0; `NOTSUP`.
            WASI fn sock_send(fd: i32, iovs: i32, iovs_len: i32, flags: i32, return_size: i32) -> i32, ALL, Start;
            /// `NOTSUP`.
            WASI fn sock_shutdown(fd: i32, how: i32) -> i32, ALL, Start;
            /// Ends the call. With code 0 while starting it is success, otherwise a trap.
            WASI fn proc_exit(exit_code: i32), ALL, Allocator;
        }
    };
}
