;;! title = "A plugin that is done at once is deleted at once"
;;! spec = "proxy_on_done"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_done}}
    (nop)
    (i32.const 1))
  (func {{export proxy_on_delete}}
    (nop)))
