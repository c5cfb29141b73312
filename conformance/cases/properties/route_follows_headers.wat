;;! title = "Changing the request's headers has the route chosen again"
;;! spec = "proxy_get_property"
;;! abi = ["0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "xds\00cluster_name"}}
    {{proxy_replace_header_map_value HTTP_REQUEST_HEADERS ":path" "/other"}}
    {{proxy_get_property "xds\00cluster_name"}}
    {{proxy_get_property "xds\00route_name"}}
    {{proxy_replace_header_map_value HTTP_REQUEST_HEADERS ":path" "/none"}}
    {{proxy_get_property "xds\00cluster_name"}}
    {{proxy_get_property "xds\00route_name"}}
    {{CONTINUE}}))
