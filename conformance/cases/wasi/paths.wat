;;! title = "There are no files"
;;! spec = "Unimplemented WASI functions"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{path_open 3 0 "some/path" 0 0 0 0}}
    {{path_open 1 0 "some/path" 0 0 0 0 0xffff}}
    {{path_filestat_get 3 0 "some/path"}}
    {{path_filestat_get 1 0 "some/path" 0xffff}}
    {{path_filestat_set_times 3 0 "some/path" 0 0 0}}
    {{path_create_directory 3 "some/path"}}
    {{path_remove_directory 3 "some/path"}}
    {{path_unlink_file 3 "some/path"}}
    {{path_readlink 3 "some/path" 0x100 64}}
    {{path_readlink 1 "some/path" 0x100 64 0xffff}}
    {{path_rename 3 "some/path" 3 "some/path"}}
    {{path_link 3 0 "some/path" 3 "some/path"}}
    {{path_symlink "some/path" 3 "some/path"}}
    (i32.const 1)))
