;;! title = "A value is stored if its number is still the one that was read; 0 stores anyway"
;;! spec = "proxy_set_shared_data"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_shared_data "k"}}
    {{proxy_set_shared_data "k" "a" 0}}
    {{proxy_get_shared_data "k"}}
    {{proxy_set_shared_data "k" "b" 0}}
    {{proxy_set_shared_data "k" "c" 100}}
    {{proxy_get_shared_data "k"}}
    {{proxy_set_shared_data "k" "d" 2}}
    {{proxy_get_shared_data "k"}}
    ;; The number is that of the last value.
    {{proxy_set_shared_data "k" "e" 2}}
    (i32.const 1)))
