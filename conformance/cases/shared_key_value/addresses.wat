;;! title = "Addresses outside memory are refused, and nothing is stored"
;;! spec = "proxy_set_shared_data"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_shared_data "k" "v" 0}}
    {{proxy_set_shared_data (i32.const -1) (i32.const 2) "v" 0}}
    {{proxy_set_shared_data "k" (i32.const 65535) (i32.const 2) 0}}
    {{proxy_get_shared_data (i32.const 65535) (i32.const 2)}}
    {{proxy_get_shared_data "k" (i32.const -1)}}
    {{proxy_get_shared_data "k" (i32.const 16) (i32.const 65533)}}
    {{proxy_get_shared_data "k" (i32.const 16) (i32.const 20) (i32.const 65533)}}
    ;; Without a value, nothing is written.
    {{proxy_get_shared_data "none" (i32.const -1) (i32.const -1) (i32.const -1)}}
    {{proxy_get_shared_data "k"}}
    (i32.const 1)))
