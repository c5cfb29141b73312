;;! title = "One zero at the end adds no segment; an empty path is an error, and one of an empty segment is not found; dots do not separate"
;;! spec = "proxy_get_property"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "request\00path"}}
    {{proxy_get_property "request\00path\00"}}
    {{proxy_get_property "request\00path\00\00"}}
    {{proxy_get_property "request\00\00path"}}
    {{proxy_get_property "\00request\00path"}}
    {{proxy_get_property ""}}
    {{proxy_get_property "\00"}}
    {{proxy_get_property "request.path"}}
    {{proxy_get_property "request/path"}}
    {{proxy_get_property "Request\00path"}}
    {{CONTINUE}}))
