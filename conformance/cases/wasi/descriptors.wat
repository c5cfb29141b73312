;;! title = "Descriptors: there are stdout and stderr, and they can be written"
;;! spec = "Unimplemented WASI functions"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{fd_pwrite 1 ["hello" "\n"] 0}}
    {{fd_pwrite 2 ["hello" "\n"] 0}}
    {{fd_pwrite 3 ["hello" "\n"] 0}}
    {{fd_pwrite 1 ["hello" "\n"] 0 0xffff}}
    {{fd_read 1 ["hello" "\n"]}}
    {{fd_read 2 ["hello" "\n"]}}
    {{fd_read 3 ["hello" "\n"]}}
    {{fd_read 1 ["hello" "\n"] 0xffff}}
    {{fd_pread 1 ["hello" "\n"] 0}}
    {{fd_pread 2 ["hello" "\n"] 0}}
    {{fd_pread 3 ["hello" "\n"] 0}}
    {{fd_pread 1 ["hello" "\n"] 0 0xffff}}
    {{fd_seek 1 0 0}}
    {{fd_seek 2 0 0}}
    {{fd_seek 3 0 0}}
    {{fd_seek 1 0 0 0xffff}}
    {{fd_tell 1}}
    {{fd_tell 2}}
    {{fd_tell 3}}
    {{fd_tell 1 0xffff}}
    {{fd_close 1}}
    {{fd_close 2}}
    {{fd_close 3}}
    {{fd_fdstat_get 1}}
    {{fd_fdstat_get 2}}
    {{fd_fdstat_get 3}}
    {{fd_fdstat_get 1 0xffff}}
    {{fd_fdstat_set_flags 1 0}}
    {{fd_fdstat_set_flags 2 0}}
    {{fd_fdstat_set_flags 3 0}}
    {{fd_fdstat_set_rights 1 0 0}}
    {{fd_fdstat_set_rights 2 0 0}}
    {{fd_fdstat_set_rights 3 0 0}}
    {{fd_filestat_get 1}}
    {{fd_filestat_get 2}}
    {{fd_filestat_get 3}}
    {{fd_filestat_get 1 0xffff}}
    {{fd_filestat_set_size 1 0}}
    {{fd_filestat_set_size 2 0}}
    {{fd_filestat_set_size 3 0}}
    {{fd_filestat_set_times 1 0 0 0}}
    {{fd_filestat_set_times 2 0 0 0}}
    {{fd_filestat_set_times 3 0 0 0}}
    {{fd_advise 1 0 0 0}}
    {{fd_advise 2 0 0 0}}
    {{fd_advise 3 0 0 0}}
    {{fd_allocate 1 0 0}}
    {{fd_allocate 2 0 0}}
    {{fd_allocate 3 0 0}}
    {{fd_datasync 1}}
    {{fd_datasync 2}}
    {{fd_datasync 3}}
    {{fd_sync 1}}
    {{fd_sync 2}}
    {{fd_sync 3}}
    {{fd_prestat_get 1}}
    {{fd_prestat_get 2}}
    {{fd_prestat_get 3}}
    {{fd_prestat_get 1 0xffff}}
    {{fd_prestat_dir_name 1 "some/path"}}
    {{fd_prestat_dir_name 2 "some/path"}}
    {{fd_prestat_dir_name 3 "some/path"}}
    {{fd_readdir 1 0x100 64 0}}
    {{fd_readdir 2 0x100 64 0}}
    {{fd_readdir 3 0x100 64 0}}
    {{fd_readdir 1 0x100 64 0 0xffff}}
    {{fd_renumber 1 2}}
    {{fd_renumber 2 4}}
    {{fd_renumber 3 4}}
    (i32.const 1)))
