;;! title = "The draft's names for maps: those of 0.2.1 by other names, also where they refuse"
;;! spec = "proxy_get_map"
;;! abi = ["0.1.0", "0.2.1", "vnext"]
;;! dialogue = [{ request = { headers = [["a", "1"], ["a", "2"], ["empty", ""]] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_map HTTP_REQUEST_HEADERS}}
    {{proxy_set_map HTTP_REQUEST_HEADERS {"a" "1"}}}
    {{proxy_get_map_value HTTP_REQUEST_HEADERS "a"}}
    {{proxy_set_map_value HTTP_REQUEST_HEADERS "a" "1"}}
    {{proxy_add_map_value HTTP_REQUEST_HEADERS "a" "1"}}
    {{proxy_remove_map_value HTTP_REQUEST_HEADERS "a"}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_map HTTP_REQUEST_HEADERS}}
    {{proxy_get_map_value HTTP_REQUEST_HEADERS "a"}}
    {{proxy_get_map_value HTTP_REQUEST_HEADERS "empty"}}
    ;; In 0.1.0 a missing field reads as empty, whatever the function is called.
    {{proxy_get_map_value HTTP_REQUEST_HEADERS "missing"}}
    {{proxy_add_map_value HTTP_REQUEST_HEADERS "a" "3"}}
    {{proxy_get_map HTTP_REQUEST_HEADERS}}
    {{proxy_set_map_value HTTP_REQUEST_HEADERS "a" "4"}}
    {{proxy_get_map HTTP_REQUEST_HEADERS}}
    {{proxy_remove_map_value HTTP_REQUEST_HEADERS "a"}}
    {{proxy_remove_map_value HTTP_REQUEST_HEADERS "a"}}
    {{proxy_set_map HTTP_REQUEST_HEADERS {":method" "PUT" ":path" "/new" ":authority" "example.com" "b" "5"}}}
    {{proxy_get_map HTTP_REQUEST_HEADERS}}

    ;; Unknown and unavailable maps.
    {{proxy_get_map 8}}
    {{proxy_set_map 8 {"a" "1"}}}
    {{proxy_get_map_value 8 "a"}}
    {{proxy_set_map_value 8 "a" "1"}}
    {{proxy_add_map_value 8 "a" "1"}}
    {{proxy_remove_map_value 8 "a"}}
    {{proxy_get_map HTTP_RESPONSE_HEADERS}}
    {{proxy_set_map HTTP_RESPONSE_HEADERS {"a" "1"}}}
    {{proxy_get_map_value HTTP_RESPONSE_HEADERS "a"}}

    ;; Addresses.
    {{proxy_get_map HTTP_REQUEST_HEADERS 0xfffd 0x18}}
    {{proxy_get_map HTTP_REQUEST_HEADERS 0x10 0xfffd}}
    {{proxy_set_map HTTP_REQUEST_HEADERS 0xfffd 4}}
    {{proxy_get_map_value HTTP_REQUEST_HEADERS 0xffff 2 0x10 0x18}}
    {{proxy_get_map_value HTTP_REQUEST_HEADERS "b" 0xfffd 0x18}}
    {{proxy_set_map_value HTTP_REQUEST_HEADERS 0xffff 2 0 0}}
    {{proxy_set_map_value HTTP_REQUEST_HEADERS 0 0 0xffff 2}}
    {{proxy_add_map_value HTTP_REQUEST_HEADERS 0xffff 2 0 0}}
    {{proxy_remove_map_value HTTP_REQUEST_HEADERS 0xffff 2}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_set_map_value HTTP_RESPONSE_HEADERS "x" "y"}}
    {{CONTINUE}}))
