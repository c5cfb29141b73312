;;! title = "A stream is over whatever its context answers"
;;! spec = "proxy_on_done"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_log}}
    (nop))
  (func {{export proxy_on_done}}
    (nop)
    (i32.const 0))
  (func {{export proxy_on_delete}}
    (nop)))
