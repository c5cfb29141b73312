;;! title = "Bytes come back as they were set, in every later phase"
;;! spec = "proxy_set_property"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "my_key"}}
    {{proxy_set_property "my_key" "\00\ff value"}}
    {{proxy_get_property "my_key"}}
    {{proxy_set_property "my_key" "other"}}
    {{proxy_set_property "empty" ""}}
    {{proxy_get_property "empty"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_get_property "my_key"}}
    {{CONTINUE}})
  (func {{export proxy_on_log}}
    {{proxy_get_property "my_key"}}
    {{proxy_set_property "late" "1"}}
    {{proxy_get_property "late"}}))
