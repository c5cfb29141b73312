;;! title = "A plugin that is not done within a minute is deleted"
;;! spec = "proxy_on_done"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "plugin" }]
;;! dialogue = [{ stop = "plugin" }, { advance = 59999 }, { advance = 1 }, { advance = 60000 }]
(module {{prelude}}
  (func {{export proxy_on_done}}
    (i32.const 0))
  (func {{export proxy_on_delete}}
    {{proxy_done}}))
