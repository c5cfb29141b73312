(module {{prelude}}
  (func {{export proxy_on_log}}
    {{proxy_get_property "source\00address"}}
    {{proxy_get_property "upstream\00address"}}
    {{proxy_get_property "request\00size"}}
    {{proxy_get_property "response\00size"}}
    {{proxy_close_stream DOWNSTREAM}}))
