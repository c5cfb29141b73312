;;! title = "One counter numbers the values of all keys"
;;! spec = "proxy_set_shared_data"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_shared_data "a" "1" 0}}
    {{proxy_set_shared_data "b" "1" 0}}
    {{proxy_set_shared_data "b" "2" 1}}
    {{proxy_set_shared_data "a" "2" 1}}
    {{proxy_get_shared_data "a"}}
    {{proxy_get_shared_data "b"}}
    (i32.const 1)))
