;;! title = "Values go with the last VM of a vm_id"
;;! spec = "proxy_set_shared_data"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [
;;!   { name = "first", vm = { vm_id = "a", configuration = "1" } },
;;!   { name = "second", vm = { vm_id = "a", configuration = "2" } },
;;! ]
;;! dialogue = [{ stop = "first" }, { request = {} }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_shared_data "k" "v" 0}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_shared_data "k"}}
    {{CONTINUE}}))
