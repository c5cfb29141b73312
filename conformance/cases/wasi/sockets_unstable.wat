;;! title = "There are no sockets, under the older module name"
;;! spec = "Unimplemented WASI functions"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{wasi_unstable.sock_accept 3 0}}
    {{wasi_unstable.sock_accept 1 0 0xffff}}
    {{wasi_unstable.sock_recv 3 ["hello" "\n"] 0}}
    {{wasi_unstable.sock_recv 1 ["hello" "\n"] 0 0x10 0xffff}}
    {{wasi_unstable.sock_send 3 ["hello" "\n"] 0}}
    {{wasi_unstable.sock_send 1 ["hello" "\n"] 0 0xffff}}
    {{wasi_unstable.sock_shutdown 3 0}}
    (i32.const 1)))
