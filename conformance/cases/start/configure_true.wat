;;! title = "Any number but 0 is true"
;;! spec = "proxy_on_configure"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    (nop)
    (i32.const 256)))
