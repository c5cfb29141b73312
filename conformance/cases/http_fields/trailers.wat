;;! title = "Trailers are read and written in their callbacks"
;;! spec = "proxy_get_header_map_value"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["x"], trailers = [["t", "1"]] } }, { response = { body = ["y"], trailers = [["u", "2"], ["v", "2"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_trailers}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_TRAILERS}}
    {{proxy_get_header_map_value HTTP_REQUEST_TRAILERS "t"}}
    {{proxy_get_header_map_size HTTP_REQUEST_TRAILERS}}
    {{proxy_add_header_map_value HTTP_REQUEST_TRAILERS "added" "1"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_trailers}}
    {{proxy_get_header_map_pairs HTTP_RESPONSE_TRAILERS}}
    {{proxy_replace_header_map_value HTTP_RESPONSE_TRAILERS "u" "3"}}
    {{proxy_remove_header_map_value HTTP_RESPONSE_TRAILERS "v"}}
    {{proxy_get_header_map_value HTTP_REQUEST_TRAILERS "t"}}
    {{CONTINUE}}))
