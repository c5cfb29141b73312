;;! title = "There are no files, under the older module name"
;;! spec = "Unimplemented WASI functions"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{wasi_unstable.path_open 3 0 "some/path" 0 0 0 0}}
    {{wasi_unstable.path_open 1 0 "some/path" 0 0 0 0 0xffff}}
    {{wasi_unstable.path_filestat_get 3 0 "some/path"}}
    {{wasi_unstable.path_filestat_get 1 0 "some/path" 0xffff}}
    {{wasi_unstable.path_filestat_set_times 3 0 "some/path" 0 0 0}}
    {{wasi_unstable.path_create_directory 3 "some/path"}}
    {{wasi_unstable.path_remove_directory 3 "some/path"}}
    {{wasi_unstable.path_unlink_file 3 "some/path"}}
    {{wasi_unstable.path_readlink 3 "some/path" 0x100 64}}
    {{wasi_unstable.path_readlink 1 "some/path" 0x100 64 0xffff}}
    {{wasi_unstable.path_rename 3 "some/path" 3 "some/path"}}
    {{wasi_unstable.path_link 3 0 "some/path" 3 "some/path"}}
    {{wasi_unstable.path_symlink "some/path" 3 "some/path"}}
    (i32.const 1)))
