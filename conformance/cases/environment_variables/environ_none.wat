;;! title = "Without configured variables there are none: the environment of the host stays its own"
;;! spec = "environ_get"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{environ_sizes_get}}
    {{environ_get 0x100 0x200}}
    {{environ_get -1 -1}}
    (i32.const 1)))
