"""The elements of the demo city's items beside name, days and shares, the same on every machine."""

from city_tables import Record, lines, rank

HALL = "平顶山市政务服务中心（新城区长安大道东段）"
HOTLINE = "12345"
AUTHORISED = ("供电公司", "公积金", "档案馆", "总工会", "残疾人联合会")
FEES = (
    ("居民身份证补领", "居民身份证工本费", "每证 40 元", "发改价格〔2003〕2322号"),
    ("居民身份证换领", "居民身份证工本费", "每证 20 元", "发改价格〔2003〕2322号"),
    ("临时居民身份证", "临时居民身份证工本费", "每证 10 元", "发改价格〔2003〕2322号"),
    ("普通护照", "普通护照工本费", "每本 120 元", "发改价格〔2019〕914号"),
    ("港澳通行证签注", "往来港澳通行证签注费", "一次有效签注每件 15 元", "国家发展改革委、财政部核定标准"),
    ("台湾通行证", "往来台湾通行证工本费", "每证 60 元", "国家发展改革委、财政部核定标准"),
    ("号牌补换领", "机动车号牌工本费", "汽车反光号牌每副 100 元", "发改价格〔2004〕2831号"),
    ("驾驶证遗失补领", "机动车驾驶证工本费", "每证 10 元", "发改价格〔2004〕2831号"),
    ("不动产首次登记", "不动产登记费", "住宅每件 80 元，非住宅每件 550 元", "发改价格规〔2016〕2559号"),
    ("不动产转移登记", "不动产登记费", "住宅每件 80 元，非住宅每件 550 元", "发改价格规〔2016〕2559号"),
)
LAWS = (
    ("食品", "中华人民共和国食品安全法"),
    ("药品零售", "中华人民共和国药品管理法"),
    ("特种设备", "中华人民共和国特种设备安全法"),
    ("居民身份证", "中华人民共和国居民身份证法"),
    ("居住证", "居住证暂行条例"),
    ("护照", "中华人民共和国护照法"),
    ("旅馆业", "旅馆业治安管理办法"),
    ("失业", "失业保险条例"),
    ("工伤", "工伤保险条例"),
    ("结婚", "婚姻登记条例"),
    ("离婚", "婚姻登记条例"),
    ("教师资格", "中华人民共和国教师法"),
    ("护士", "护士条例"),
    ("医师", "中华人民共和国医师法"),
    ("医疗机构", "医疗机构管理条例"),
    ("公共场所卫生", "公共场所卫生管理条例"),
    ("环境影响", "中华人民共和国环境影响评价法"),
    ("水土保持", "中华人民共和国水土保持法"),
    ("取水", "取水许可和水资源费征收管理条例"),
    ("用地规划", "中华人民共和国城乡规划法"),
    ("工程规划", "中华人民共和国城乡规划法"),
    ("危险化学品", "危险化学品安全管理条例"),
    ("烟花爆竹", "烟花爆竹安全管理条例"),
    ("排污", "排污许可管理条例"),
)
SPECIAL = (
    (("竣工验收", "消防安全检查", "消防验收"), "现场核查", 5),
    (("环境影响报告", "水土保持", "节能审查", "可行性研究"), "专家评审", 15),
    (("鉴定", "伤残等级"), "专家鉴定", 30),
    (("特种设备使用", "动物检疫"), "检验检测", 10),
    (("采矿权", "医疗机构执业登记", "民办学校设立"), "公示", 7),
)
FORMS = (
    (("小学新生入学", "初中新生入学"), "pupil"),
    (
        (
            "建设项目",
            "投资项目",
            "施工",
            "竣工",
            "防空地下室",
            "雷电防护装置",
            "道路挖掘",
            "建筑垃圾",
            "节能",
        ),
        "project",
    ),
    (
        ("消防安全检查", "户外广告", "公章刻制", "企业社会保险登记", "发票领用", "卫星电视", "排水管网"),
        "premises",
    ),
    (("建设工程消防", "水土保持方案", "临时占用城市道路"), "project"),
    (("烟草专卖零售许可证新办", "小餐饮经营登记", "建设项目环境影响登记表"), "premises"),
)


def complete(item: Record, head: list[str], material_types: dict[str, str]) -> None:
    """Add every element that follows from what is there already. `material_types`: licence names by code."""
    name, owner, law = item["name"], item["department_name"], head[4]
    visits, online = item["visits"], ["window", "online"]
    item.update(
        body_kind="authorised" if any(word in owner for word in AUTHORISED) else "statutory",
        power_source=_power_source(item),
        levels=["city"],
        served=_served(item["audience"]),
        statutory_unit="working_day",
        promised_unit="working_day",
        special_procedures=_special(name),
        handling_ways=[*online, "post"] if rank("post", name) % 3 else online,
        handled_in="nationwide" if item["cross_province"] else ("city", "province")[rank("in", name) % 2],
        single_sign_on=["pc", "mobile"],
        booking=True,
        express=bool(rank("post", name) % 3),
        place=f"{HALL}{_floor(item['window_group'])}楼，或各县（市、区）政务服务中心",
        hours="周一至周五 9:00—12:00、13:30—17:00；市政务服务中心周六 9:00—12:00（法定节假日除外）",
        enquiry=f"{HOTLINE} 政务服务便民热线（转{head[1]}），或各政务服务中心咨询台",
        complaint=f"{HOTLINE} 热线，或政务服务中心“办不成事”反映窗口",
        legal_basis=_law(name, law),
        flow=_flow(item),
        results=_results(item, material_types),
    )
    if visits:
        item["visits_reason"] = "须本人到场核验身份、采集信息或现场签字"
    _charge(item)
    item["questions"] = _questions(item)
    item["online_payment"] = item["is_charged"]
    for material in item["materials"]:
        material.update(_material_details(material, material_types))


def form_fields(name: str) -> list[tuple[str, Record]]:
    """Return the fields of an item without a licence that has more to ask than a reason."""
    kind = next((kind for words, kind in FORMS if any(word in name for word in words)), None)
    return FIELDS.get(kind or "", [])


def _text(title: str, longest: int = 120, **more: object) -> Record:
    return {"type": "string", "title": title, "minLength": 1, "maxLength": longest, **more}


FIELDS: dict[str, list[tuple[str, Record]]] = {
    "pupil": [
        ("child_name", _text("儿童姓名", 60)),
        ("child_id_number", _text("儿童公民身份号码", 18, pattern=r"^\d{17}[\dX]$")),
        (
            "guardian_relation",
            {"type": "string", "title": "与儿童关系", "enum": ["父亲", "母亲", "其他监护人"]},
        ),
        ("household_address", _text("户籍地址")),
        ("residence_address", _text("实际居住地址")),
        (
            "residence_kind",
            {"type": "string", "title": "住所类型", "enum": ["自有房产", "租赁", "随祖辈居住"]},
        ),
    ],
    "project": [
        ("owner", _text("建设单位")),
        ("project", _text("项目名称")),
        ("project_code", _text("项目代码", 30, pattern=r"^\d{4}-\d{6}-\d{2}-\d{2}-\d{6}$")),
        ("site", _text("建设地点")),
        ("floor_area", {"type": "number", "title": "建筑面积（平方米）", "minimum": 0, "maximum": 5000000}),
    ],
    "premises": [
        ("operator_name", _text("单位名称")),
        ("legal_representative", _text("法定代表人（负责人）", 60)),
        ("premises", _text("地址")),
        ("floor_area", {"type": "number", "title": "面积（平方米）", "minimum": 1, "maximum": 200000}),
    ],
}


def _power_source(item: Record) -> str:
    if item["kind"] != "行政许可":
        return "statutory"
    return ("statutory", "statutory", "statutory", "handed_down", "authorised_above")[
        rank("power", item["name"]) % 5
    ]


def _served(audience: list[str]) -> list[str]:
    served = {
        "person": ["person"],
        "enterprise": ["enterprise", "institution", "organisation", "unincorporated"],
    }
    return [kind for group in ("person", "enterprise") if group in audience for kind in served[group]]


def _special(name: str) -> list[Record]:
    return [
        {"name": title, "days": days, "basis": "所需时间不计入承诺时限，由实施机关书面告知申请人"}
        for words, title, days in SPECIAL
        if any(word in name for word in words)
    ]


def _floor(group: str) -> str:
    return {
        "engineering": "四",
        "business": "二",
        "real_estate": "三",
        "tax": "三",
        "comprehensive": "一",
    }.get(group, "二")


def _law(name: str, law: str) -> str:
    own = next((title for word, title in LAWS if word in name), None)
    return f"《{law}》" if own in (None, law) else f"《{own}》《{law}》"


def _charge(item: Record) -> None:
    found = next(((title, price, basis) for word, title, price, basis in FEES if word in item["name"]), None)
    item.update(is_charged=found is not None, fees=[], fee="不收费")
    if found is not None:
        title, price, basis = found
        item["fees"] = [{"name": title, "standard": price, "basis": basis, "reduction": "低保对象免收"}]
        item["fee"] = f"{title}：{price}"


def _flow(item: Record) -> list[Record]:
    owner, days = item["department_name"], item["promised_days"]
    apply = _step("1", "申请", "申请人", 0, [], "网上或窗口提交申请；证照能证明的材料不用提交")
    if item["case_type"] == "instant":
        return [
            apply,
            _step("2", "受理并当场办理", "综合窗口", 0, ["1"], "核对身份与材料，材料不齐的一次性告知"),
            _step("3", "送达", "综合窗口", 0, ["2"], "当场交付，或寄送、推送电子结果"),
        ]
    special = _special(item["name"])
    decide = min(1, days - 1) if days > 1 else 0
    found = [
        apply,
        _step("2", "受理", "综合窗口", 0, ["1"], "材料齐全即出具受理通知书；不齐的一次性告知补正"),
        _step("3", "审查", owner, days - decide, ["2"], "审查材料是否符合法定条件"),
    ]
    found += [
        _step(f"3.{number}", row["name"], owner, 0, ["2"], f"约 {row['days']} 个工作日，不计入承诺时限")
        for number, row in enumerate(special, 1)
    ]
    before = ["3", *(f"3.{number}" for number in range(1, len(special) + 1))]
    found.append(_step("4", "决定", owner, decide, before, "作出准予或不予的决定，不予的说明理由和救济途径"))
    found.append(_step("5", "送达", "综合窗口", 0, ["4"], "窗口领取、邮寄或电子证照送达"))
    return found


def _step(code: str, name: str, actor: str, days: int, after: list[str], note: str) -> Record:
    return {"code": code, "name": name, "actor": actor, "days": days, "after": after, "note": note}


def _results(item: Record, types: dict[str, str]) -> list[Record]:
    code = item["result_license_type"]
    if code is not None:
        delivery = "电子证照，或窗口领取、邮寄"
        return [{"name": types[code], "kind": "licence", "license_type": code, "delivery": delivery}]
    name = item["name"]
    if any(word in name for word in ("查询", "缴纳", "咨询", "挂失", "激活")):
        return [{"name": "办理结果告知", "kind": "none", "delivery": "当场告知"}]
    kind, title = ("document", "批准文书") if item["kind"] == "行政许可" else ("other", "办理结果通知书")
    return [{"name": f"{name}{title}", "kind": kind, "delivery": "窗口领取、邮寄或网上下载"}]


def _questions(item: Record) -> list[Record]:
    when = "当场办结" if item["case_type"] == "instant" else f"受理后 {item['promised_days']} 个工作日内办结"
    trips = "全程网上办理，不用跑" if item["visits"] == 0 else f"最多到现场 {item['visits']} 次"
    return [
        {"question": "多长时间能办好？", "answer": f"材料齐全的，{when}。"},
        {"question": "要跑几趟？", "answer": f"{trips}；也可以预约就近的服务网点办理。"},
        {"question": "要交钱吗？", "answer": f"{item['fee']}。"},
    ]


def _material_details(material: Record, types: dict[str, str]) -> Record:
    found: Record = {"copies": 1, "source": "government", "note": "复印件与原件核对后退还原件"}
    if material["kind"] == "form":
        found = {"copies": 1, "source": "applicant", "note": "网上填写，不用另交纸质表"}
    elif material["kind"] == "original":
        found["note"] = "出示原件，核验后当场退还"
    elif material["satisfied_by"] is not None:
        found["note"] = f"有电子{types[material['satisfied_by']]}的，不用提交"
    if material["name"].endswith(("文本", "说明", "图", "信息", "委托书")):
        found |= {"source": "applicant", "note": "签字或盖章"}
    return found


def synonyms() -> list[Record]:
    """Return everyday expressions with what the catalogue calls them: one line per group of expressions."""
    found: dict[str, list[str]] = {}
    for line in lines("synonyms.txt"):
        words, means = (part.split() for part in line.split("="))
        for word in words:
            known = found.setdefault(word, [])
            known += [meaning for meaning in means if meaning not in known]
    return [{"word": word, "means": found[word]} for word in sorted(found)]
