;;! title = "Other plugins of the chain see it; other streams do not"
;;! spec = "proxy_set_property"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
;;! dialogue = [{ stream = "a", request = {} }, { stream = "b", request = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "key"}}
    {{proxy_set_property "key" "1"}}
    {{CONTINUE}}))
