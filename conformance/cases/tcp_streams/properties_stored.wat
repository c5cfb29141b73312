;;! title = "What a plugin stores in a connection, another plugin of the chain finds; another connection does not"
;;! spec = "proxy_set_property"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "one", vm = { vm_id = "1" } }, { name = "two", vm = { vm_id = "2" } }]
;;! dialogue = [
;;!   { stream = "a", connect = true },
;;!   { stream = "a", downstream_data = { data = "ping" } },
;;!   { stream = "b", connect = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}}
    {{proxy_get_property "mark"}}
    {{proxy_set_property "mark" "made"}}
    {{CONTINUE}})
  (func {{export proxy_on_downstream_data}}
    {{proxy_get_property "mark"}}
    {{proxy_get_property "filter_state\00wasm.mark"}}
    {{CONTINUE}}))
