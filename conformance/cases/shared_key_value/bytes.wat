;;! title = "Keys and values are bytes"
;;! spec = "proxy_set_shared_data"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_shared_data "\00\ff" "\fe\00" 0}}
    {{proxy_get_shared_data "\00\ff"}}
    {{proxy_get_shared_data "\00"}}
    (i32.const 1)))
