;;! title = "Outside a stream there is nowhere to keep it"
;;! spec = "proxy_set_property"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_property "key" "1"}}
    (i32.const 1)))
