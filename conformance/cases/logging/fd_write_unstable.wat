;;! title = "stdout logs at INFO and stderr at ERROR: one message per call, without its last newline"
;;! spec = "fd_write"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/wasi_under_both_names"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{wasi_unstable.fd_write 1 ["hello" "\n"]}}
    {{wasi_unstable.fd_write 2 ["hello"]}}
    {{wasi_unstable.fd_write 1 ["two\n" "lines\n"]}}
    {{wasi_unstable.fd_write 1 ["a" "" "b"]}}
    {{wasi_unstable.fd_write 1 []}}
    {{wasi_unstable.fd_write 1 ["\n"]}}
    {{wasi_unstable.fd_write 0 ["x"]}}
    {{wasi_unstable.fd_write 3 ["x"]}}
    (i32.const 1)))
