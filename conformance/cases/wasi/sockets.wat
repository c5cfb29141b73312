;;! title = "There are no sockets"
;;! spec = "Unimplemented WASI functions"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{sock_accept 3 0}}
    {{sock_accept 1 0 0xffff}}
    {{sock_recv 3 ["hello" "\n"] 0}}
    {{sock_recv 1 ["hello" "\n"] 0 0x10 0xffff}}
    {{sock_send 3 ["hello" "\n"] 0}}
    {{sock_send 1 ["hello" "\n"] 0 0xffff}}
    {{sock_shutdown 3 0}}
    (i32.const 1)))
