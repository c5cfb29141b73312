;;! title = "A key without a value takes any number"
;;! spec = "proxy_set_shared_data"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_shared_data "k" "a" 77}}
    {{proxy_get_shared_data "k"}}
    (i32.const 1)))
