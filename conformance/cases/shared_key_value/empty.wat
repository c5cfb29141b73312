;;! title = "An empty value is a value, and an empty key a key"
;;! spec = "proxy_set_shared_data"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_shared_data "k" "" 0}}
    {{proxy_get_shared_data "k"}}
    {{proxy_get_shared_data ""}}
    {{proxy_set_shared_data "" "v" 0}}
    {{proxy_get_shared_data ""}}
    (i32.const 1)))
