;;! title = "Descriptors: there are stdout and stderr, and they can be written, under the older module name"
;;! spec = "Unimplemented WASI functions"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/wasi_under_both_names"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{wasi_unstable.fd_pwrite 1 ["hello" "\n"] 0}}
    {{wasi_unstable.fd_pwrite 2 ["hello" "\n"] 0}}
    {{wasi_unstable.fd_pwrite 3 ["hello" "\n"] 0}}
    {{wasi_unstable.fd_pwrite 1 ["hello" "\n"] 0 0xffff}}
    {{wasi_unstable.fd_read 1 ["hello" "\n"]}}
    {{wasi_unstable.fd_read 2 ["hello" "\n"]}}
    {{wasi_unstable.fd_read 3 ["hello" "\n"]}}
    {{wasi_unstable.fd_read 1 ["hello" "\n"] 0xffff}}
    {{wasi_unstable.fd_pread 1 ["hello" "\n"] 0}}
    {{wasi_unstable.fd_pread 2 ["hello" "\n"] 0}}
    {{wasi_unstable.fd_pread 3 ["hello" "\n"] 0}}
    {{wasi_unstable.fd_pread 1 ["hello" "\n"] 0 0xffff}}
    {{wasi_unstable.fd_seek 1 0 0}}
    {{wasi_unstable.fd_seek 2 0 0}}
    {{wasi_unstable.fd_seek 3 0 0}}
    {{wasi_unstable.fd_seek 1 0 0 0xffff}}
    {{wasi_unstable.fd_tell 1}}
    {{wasi_unstable.fd_tell 2}}
    {{wasi_unstable.fd_tell 3}}
    {{wasi_unstable.fd_tell 1 0xffff}}
    {{wasi_unstable.fd_close 1}}
    {{wasi_unstable.fd_close 2}}
    {{wasi_unstable.fd_close 3}}
    {{wasi_unstable.fd_fdstat_get 1}}
    {{wasi_unstable.fd_fdstat_get 2}}
    {{wasi_unstable.fd_fdstat_get 3}}
    {{wasi_unstable.fd_fdstat_get 1 0xffff}}
    {{wasi_unstable.fd_fdstat_set_flags 1 0}}
    {{wasi_unstable.fd_fdstat_set_flags 2 0}}
    {{wasi_unstable.fd_fdstat_set_flags 3 0}}
    {{wasi_unstable.fd_fdstat_set_rights 1 0 0}}
    {{wasi_unstable.fd_fdstat_set_rights 2 0 0}}
    {{wasi_unstable.fd_fdstat_set_rights 3 0 0}}
    {{wasi_unstable.fd_filestat_get 1}}
    {{wasi_unstable.fd_filestat_get 2}}
    {{wasi_unstable.fd_filestat_get 3}}
    {{wasi_unstable.fd_filestat_get 1 0xffff}}
    {{wasi_unstable.fd_filestat_set_size 1 0}}
    {{wasi_unstable.fd_filestat_set_size 2 0}}
    {{wasi_unstable.fd_filestat_set_size 3 0}}
    {{wasi_unstable.fd_filestat_set_times 1 0 0 0}}
    {{wasi_unstable.fd_filestat_set_times 2 0 0 0}}
    {{wasi_unstable.fd_filestat_set_times 3 0 0 0}}
    {{wasi_unstable.fd_advise 1 0 0 0}}
    {{wasi_unstable.fd_advise 2 0 0 0}}
    {{wasi_unstable.fd_advise 3 0 0 0}}
    {{wasi_unstable.fd_allocate 1 0 0}}
    {{wasi_unstable.fd_allocate 2 0 0}}
    {{wasi_unstable.fd_allocate 3 0 0}}
    {{wasi_unstable.fd_datasync 1}}
    {{wasi_unstable.fd_datasync 2}}
    {{wasi_unstable.fd_datasync 3}}
    {{wasi_unstable.fd_sync 1}}
    {{wasi_unstable.fd_sync 2}}
    {{wasi_unstable.fd_sync 3}}
    {{wasi_unstable.fd_prestat_get 1}}
    {{wasi_unstable.fd_prestat_get 2}}
    {{wasi_unstable.fd_prestat_get 3}}
    {{wasi_unstable.fd_prestat_get 1 0xffff}}
    {{wasi_unstable.fd_prestat_dir_name 1 "some/path"}}
    {{wasi_unstable.fd_prestat_dir_name 2 "some/path"}}
    {{wasi_unstable.fd_prestat_dir_name 3 "some/path"}}
    {{wasi_unstable.fd_readdir 1 0x100 64 0}}
    {{wasi_unstable.fd_readdir 2 0x100 64 0}}
    {{wasi_unstable.fd_readdir 3 0x100 64 0}}
    {{wasi_unstable.fd_readdir 1 0x100 64 0 0xffff}}
    {{wasi_unstable.fd_renumber 1 2}}
    {{wasi_unstable.fd_renumber 2 4}}
    {{wasi_unstable.fd_renumber 3 4}}
    (i32.const 1)))
