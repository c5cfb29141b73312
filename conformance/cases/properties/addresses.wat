;;! title = "A path outside memory is refused; result addresses are checked before anything is allocated"
;;! spec = "proxy_get_property"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property 0xffff 2}}
    {{proxy_get_property 0 -1}}
    {{proxy_get_property -1 0}}
    {{proxy_get_property "plugin_name" 0xfffd 0x10}}
    {{proxy_get_property "plugin_name" 0x10 0xfffd}}
    {{proxy_get_property "nothing" 0xfffd 0x10}}
    {{proxy_set_property 0xffff 2 "v"}}
    {{proxy_set_property "k" 0xffff 2}}
    {{proxy_set_property "k" 0 -1}}
    {{proxy_set_property -1 0 -1 0}}
    {{CONTINUE}}))
