;;! title = "stdout logs at INFO and stderr at ERROR: one message per call, without its last newline"
;;! spec = "fd_write"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{fd_write 1 ["hello" "\n"]}}
    {{fd_write 2 ["hello"]}}
    {{fd_write 1 ["two\n" "lines\n"]}}
    {{fd_write 1 ["a" "" "b"]}}
    {{fd_write 1 []}}
    {{fd_write 1 ["\n"]}}
    {{fd_write 0 ["x"]}}
    {{fd_write 3 ["x"]}}
    (i32.const 1)))
