;;! title = "A logger reads the maps and properties of the stream, as the filters do when they log"
;;! spec = "proxy_on_log"
;;! abi = ["0.1.0", "0.2.1"]
;;! plugin = [{ name = "filter", module = "../shared/stores_property.wat" }, { name = "log", root_id = "root", access_log = true }]
;;! dialogue = [{ request = { method = "POST", path = "/a?b=c", headers = [["x-in", "1"]], body = ["abc"], trailers = [["x-in-end", "2"]] } }, { response = { headers = [["x-out", "3"]], body = ["defgh"], trailers = [["x-out-end", "4"]] } }]
(module {{prelude}}
  (func {{export proxy_on_log}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_TRAILERS}}
    {{proxy_get_header_map_pairs HTTP_RESPONSE_HEADERS}}
    {{proxy_get_header_map_pairs HTTP_RESPONSE_TRAILERS}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS "x-in"}}
    {{proxy_get_header_map_value HTTP_RESPONSE_TRAILERS "x-out-end"}}
    {{proxy_get_header_map_value HTTP_RESPONSE_HEADERS "x-missing"}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 100}}
    {{proxy_get_buffer_bytes HTTP_RESPONSE_BODY 0 100}}
    {{proxy_get_property "request\00path"}}
    {{proxy_get_property "request\00headers\00x-in"}}
    {{proxy_get_property "response\00code"}}
    {{proxy_get_property "source\00port"}}
    {{proxy_get_property "xds\00cluster_name"}}
    {{proxy_get_property "stored"}}
    {{proxy_get_property "plugin_name"}}
    {{proxy_get_property "plugin_root_id"}}
    {{proxy_get_property "connection\00id"}}
    {{proxy_get_property "connection_id"}}))
